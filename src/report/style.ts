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
.word{overflow-wrap:normal}
.whole{white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.time{white-space:nowrap;font-variant-numeric:tabular-nums}`;

const PARTS = `
.page{max-width:1280px;margin:0 auto;padding:0 24px 48px}
.cover{padding:36px 0 20px;border-bottom:6px solid var(--accent)}
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
.figures{display:grid;grid-template-columns:repeat(5,1fr);gap:10px;margin:16px 0}
.figures div{border:1px solid var(--line);border-top:5px solid var(--severity,var(--accent));padding:8px 12px}
.figures b{display:block;font-size:28px;line-height:1.15;font-variant-numeric:tabular-nums}
.figures span{font-size:13px;color:var(--soft)}
.badge{display:inline-block;background:var(--severity,var(--soft));color:#fff;font-size:11.5px;font-weight:600;letter-spacing:.05em;text-transform:uppercase;padding:1px 8px;border-radius:3px;white-space:nowrap;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.state{display:inline-block;border:1px solid var(--soft);padding:0 7px;border-radius:3px;font-size:12.5px;white-space:nowrap}
.table{overflow-x:auto;margin:14px 0}
table{border-collapse:collapse;width:100%;font-size:13.5px}
caption{text-align:left;font-weight:600;padding:0 0 6px;color:var(--ink)}
caption span{font-weight:400;color:var(--soft)}
th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{border-bottom:2px solid var(--ink);font-size:12.5px;overflow-wrap:normal}
tbody th{font-weight:600;min-width:11ch}
tbody th.no{min-width:0;white-space:nowrap}
td.name{min-width:15ch}
td.wide{min-width:24ch;width:52%}
table.metrics thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.metrics caption{font-size:12px;font-weight:400;color:var(--soft);padding:0}
.finding table.metrics{width:100%}
.metrics td{width:36%}
.metrics th,.metrics td{padding:2px 16px 2px 0;border-bottom-style:dotted}
.metrics tbody th{font-weight:400;color:var(--soft);min-width:15ch}
th.number,td.number{padding-right:14px}
.finding{border:1px solid var(--line);border-left:6px solid var(--severity);padding:14px 18px;margin:14px 0}
.finding h4 .badge{margin:0 6px;vertical-align:1.5px}
.finding .no{color:var(--soft);font-weight:600;font-variant-numeric:tabular-nums}
.finding .summary{font-size:15.5px}
.finding .facts{grid-template-columns:repeat(auto-fill,minmax(178px,1fr));margin-top:8px;font-size:14px}
.finding table{width:auto}
.finding .table{margin:8px 0}
.finding .source{margin:10px 0 0;padding-top:8px;border-top:1px solid var(--line);font-size:12.5px;color:var(--soft);max-width:none}
figure{margin:18px 0}
figcaption{font-size:13.5px;margin-bottom:6px}
figcaption b{font-weight:600}
svg{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
footer{margin-top:40px;padding-top:12px;border-top:1px solid var(--line);font-size:13px;color:var(--soft)}
@media (max-width:980px){
  .body{display:block}
  nav{position:static;max-height:none;padding-top:16px}
  nav ol{columns:3;column-gap:20px}
  .page{padding:0 20px 40px}
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
  table{font-size:8.3pt}
  thead th{font-size:8pt}
  th,td{padding-top:3pt;padding-bottom:3pt}
  figcaption,.small{font-size:8.6pt}
  .finding .source{font-size:7.8pt}
  thead{display:table-header-group}
  thead{break-after:avoid}
  tbody tr:first-child{break-before:avoid}
  h4,.finding .head{break-inside:avoid}
  tr,figure,.figures,.facts div{break-inside:avoid}
  .finding{padding:7pt 10pt;margin:7pt 0}
  .finding h4,.finding .summary{break-after:avoid}
  .finding .summary{font-size:10pt}
  .facts{grid-template-columns:repeat(4,1fr);gap:5pt 12pt}
  .finding .facts{grid-template-columns:repeat(4,1fr);font-size:8.6pt}
  dt{font-size:7.6pt}
  .figures b{font-size:18pt}
  td,p,li{orphans:2;widows:2}
}`;
}
