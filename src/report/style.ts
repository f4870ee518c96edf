/** Colours of severities: dark enough for white text (WCAG AA) and apart in grey by the letter that goes with each. */
export const SEVERITY_COLOUR = {
  critical: "#7d0f24",
  high: "#b2400d",
  medium: "#7a5c00",
  low: "#24608f",
  info: "#5a636d",
} as const;

/** The style sheet of the page. `running` goes into the margin of printed pages. */
export function styleSheet(running: string): string {
  const severities = Object.entries(SEVERITY_COLOUR)
    .map(([severity, colour]) => `.${severity}{--severity:${colour}}`)
    .join("\n");
  return `${BASE}\n${severities}\n${PARTS}\n${print(running)}`;
}

/** A text as a string of CSS: everything but plain letters and digits is written as its code. */
export function cssString(text: string): string {
  const plain = text.slice(0, 90).replace(/[^A-Za-z0-9]/gu, (character) => {
    return `\\${(character.codePointAt(0) ?? 0x20).toString(16)} `;
  });
  return `"${plain}"`;
}

const BASE = `
:root{--ink:#16202b;--soft:#4d5966;--line:#c9d1d9;--faint:#f3f5f7;--accent:#123f63;--ok:#1f5f3a;--bad:#7d0f24;
  --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
*{box-sizing:border-box}
html{color-scheme:light;-webkit-text-size-adjust:100%}
body{margin:0;background:#fff;color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif}
h1,h2,h3,h4{line-height:1.25;margin:0;overflow-wrap:anywhere}
h1{font-size:30px;letter-spacing:-.01em}
h2{font-size:22px;padding-bottom:6px;border-bottom:2px solid var(--ink)}
h3{font-size:17px;margin-top:28px}
h4{font-size:15.5px}
p{margin:10px 0;max-width:82ch;overflow-wrap:anywhere}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible{outline:3px solid #d98a00;outline-offset:2px}
ul{margin:8px 0;padding-left:22px}
li{overflow-wrap:anywhere}
code,.mono{font-family:var(--mono);font-size:.87em;overflow-wrap:anywhere;unicode-bidi:isolate}
td,dd,.text{unicode-bidi:isolate}
.skip{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;background:#fff;padding:8px;z-index:2}
.soft{color:var(--soft)}
.small{font-size:13px}
.word{display:inline-block;min-width:19ch;overflow-wrap:anywhere}
.whole{white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.time{font-variant-numeric:tabular-nums}
td.time{min-width:20ch}`;

const PARTS = `
.page{max-width:1280px;margin:0 auto;padding:0 24px 48px}
.cover{padding:24px 0 14px;border-bottom:5px solid var(--accent)}
.cover .kind{margin:0 0 6px;font-size:13px;letter-spacing:.12em;text-transform:uppercase;color:var(--soft)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:10px 24px;margin:18px 0 0}
.facts div{min-width:0}
dt{font-size:12px;letter-spacing:.03em;color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
.body{display:grid;grid-template-columns:208px minmax(0,1fr);gap:40px}
nav{position:sticky;top:0;align-self:start;padding-top:28px;font-size:13.5px;max-height:100vh;overflow:auto}
nav h2{font-size:12px;letter-spacing:.12em;text-transform:uppercase;border:0;color:var(--soft)}
nav ol{list-style:none;margin:4px 0 0;padding:0}
nav li{padding:3px 0}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
section{padding-top:32px}
.verdict{margin:14px 0;padding:10px 14px;border-left:5px solid var(--accent);background:var(--faint);font-size:16px;max-width:none}
.verdict.bad{border-color:var(--bad)}
.verdict.ok{border-color:var(--ok)}
.inline{margin:6px 0;font-size:13.5px;line-height:1.55}
.inline div{display:inline;margin-right:14px}
.inline dt,.inline dd{display:inline;overflow-wrap:anywhere}
.inline dt{font-size:12.5px}
.inline dt::after{content:": "}
.cover .inline dd{font-weight:600}
.figures{display:grid;grid-template-columns:repeat(5,1fr);gap:10px;margin:12px 0}
.figures div{border:1px solid var(--line);border-left:6px solid var(--severity,var(--accent));padding:3px 12px}
.figures b{font-size:22px;line-height:1.2;font-variant-numeric:tabular-nums}
.figures span{font-size:13px;color:var(--soft)}
.board{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:8px 20px;margin:12px 0}
.board p{margin:0 0 3px;font-size:13px;font-weight:600}
.board ol{list-style:none;display:flex;flex-wrap:wrap;gap:3px;margin:0;padding:0}
.square{display:inline-block;padding:1px 6px;border-radius:2px;font-size:11.5px;line-height:1.6;color:#fff;background:var(--verdict);text-decoration:none;white-space:nowrap;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.square span{font-weight:700;font-variant-numeric:tabular-nums}
.yes{--verdict:#7d0f24}
.partial{--verdict:#7a5c00}
.no-evidence{--verdict:#1f5f3a}
.not-evaluable{--verdict:#5a636d}
.badge.yes,.badge.partial,.badge.no-evidence,.badge.not-evaluable{background:var(--verdict)}
.answer{display:grid;grid-template-columns:minmax(0,30%) minmax(0,1fr);gap:4px 24px;border-top:1px solid var(--line);padding:10px 0 6px 12px;border-left:5px solid var(--verdict);margin-top:-1px}
.answer p{margin:0 0 5px}
.answer ul{margin:0 0 5px;padding-left:18px;font-size:14px}
.answer li{margin-bottom:3px}
.question{font-weight:600;line-height:1.35}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:5px 0 0;padding:0;font-size:13px}
svg.key{display:inline-block;width:11px;height:11px;vertical-align:-1px}
.swatch{display:inline-block;width:11px;height:11px;vertical-align:-1px;background:var(--severity);-webkit-print-color-adjust:exact;print-color-adjust:exact}
.badge{display:inline-block;background:var(--severity,var(--soft));color:#fff;font-size:11.5px;font-weight:600;letter-spacing:.05em;text-transform:uppercase;padding:1px 8px;border-radius:3px;white-space:nowrap;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.state,.outcome{display:inline-block;border:1px solid var(--soft);padding:0 7px;border-radius:3px;font-size:12.5px}
.state{white-space:nowrap}
.table{overflow-x:auto;margin:14px 0}
table{border-collapse:collapse;width:100%;font-size:13.5px}
caption{text-align:left;font-weight:600;padding:0 0 6px;color:var(--ink)}
caption span{font-weight:400;color:var(--soft)}
th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{border-bottom:2px solid var(--ink);font-size:12.5px;overflow-wrap:normal}
tbody th{font-weight:600;min-width:13ch}
tbody th.no{min-width:8ch}
td.name{min-width:15ch}
td.short{min-width:13ch}
.techniques td.name{min-width:32ch}
.techniques tbody th{min-width:15ch}
.chains td.name,.chains td.short{min-width:25ch}
td.wide{min-width:24ch;width:52%}
td.rest{min-width:24ch;width:100%}
.dense td,.dense th{padding-top:2px;padding-bottom:2px;font-size:12.5px}
th.number,td.number{padding-right:14px}
.finding{border:1px solid var(--line);border-left:6px solid var(--severity);padding:10px 16px;margin:12px 0}
.finding h4 .badge{margin-right:4px;vertical-align:1.5px}
.no{color:var(--soft);font-weight:600;font-variant-numeric:tabular-nums}
.finding .one+.one{border-top:1px solid var(--line);margin-top:8px}
.finding p{max-width:none;margin:6px 0}
.finding .summary{font-size:15px}
.finding .source{margin:8px 0 0;padding-top:6px;border-top:1px solid var(--line);font-size:12.5px;color:var(--soft)}
figure{margin:18px 0}
figcaption{font-size:13.5px;margin-bottom:6px}
figcaption b{font-weight:600}
svg{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
footer{overflow-wrap:anywhere;margin-top:40px;padding-top:12px;border-top:1px solid var(--line);font-size:13px;color:var(--soft)}
@media (max-width:980px){
  .body{display:block}
  nav{position:static;max-height:none;padding-top:16px}
  nav ol{columns:3;column-gap:20px}
  .page{padding:0 20px 40px}
  .answer{grid-template-columns:minmax(0,1fr)}

  td.time{min-width:11ch}
  .word{min-width:0}
  td.short{min-width:13ch}
  .techniques td.name{min-width:20ch}
  .chains td.name,.chains td.short{min-width:17ch}
  th,td{padding-right:8px}
}
@media (max-width:620px){
  nav ol{columns:1}
  .figures{grid-template-columns:repeat(2,1fr)}
  h1{font-size:24px}
}`;

/** Rules for paper. */
function print(running: string): string {
  const box = `font:8.5pt "Liberation Sans",Arial,sans-serif;color:#333`;
  return `
@page{size:A4;margin:18mm 16mm 17mm;
  @top-left{content:${cssString(running)};${box}}
  @bottom-right{content:"Page " counter(page) " of " counter(pages);${box}}
}
@media print{
  body{font-size:9.5pt;line-height:1.4}
  .page{max-width:none;padding:0}
  .cover{padding-top:0}
  .body{display:block}
  nav,.skip{display:none}
  a{color:inherit;text-decoration:none}
  h1{font-size:20pt} h2{font-size:14pt} h3{font-size:11.5pt} h4{font-size:10.5pt}
  h2,h3,h4,figcaption,caption{break-after:avoid}
  section{padding-top:18pt}
  section.leaf{break-before:page;padding-top:0}
  .verdict{font-size:10.5pt;border:1px solid var(--line);border-left-width:5px;background:none}
  .table{overflow:visible;margin:8pt 0}

  td.time{min-width:11ch}
  .word{min-width:0}
  td.short{min-width:13ch}
  .techniques td.name{min-width:20ch}
  .chains td.name,.chains td.short{min-width:16ch}
  th,td{padding-right:6pt}
  .dense td,.dense th{font-size:7.6pt;padding-top:1pt;padding-bottom:1pt}
  table{font-size:8.3pt}
  thead th{font-size:8pt}
  th,td{padding-top:3pt;padding-bottom:3pt}
  figcaption,.small{font-size:8.6pt}
  .finding .source{font-size:7.8pt}
  thead{display:table-header-group}
  thead{break-after:avoid}
  tbody tr:first-child{break-before:avoid}
  h4,.finding p,.inline{break-inside:avoid}
  caption{break-inside:avoid;padding-bottom:46pt;margin-bottom:-40pt}
  tr,figure,.figures,.board>div,.facts div,.answer{break-inside:avoid}
  .finding{padding:5pt 9pt;margin:6pt 0}
  .finding h4,.finding h4+dl,.finding .summary{break-after:avoid}
  .finding .summary{font-size:9.2pt}
  .finding .source{break-before:avoid}
  .facts{grid-template-columns:repeat(3,1fr);gap:5pt 12pt}
  .inline,.answer ul{font-size:8.2pt}
  dt,.inline dt{font-size:7.6pt}
  .figures b{font-size:15pt}
  .board{grid-template-columns:1fr 1fr}
  .square{font-size:7.2pt;padding:0 4pt}
  .answer{padding:5pt 0 3pt 8pt}
  td,p,li{orphans:2;widows:2}
}`;
}
