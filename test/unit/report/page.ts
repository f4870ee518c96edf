/** A tag of a page with its attributes; values are as written, entities and all. */
export interface Tag {
  name: string;
  attributes: Record<string, string>;
}

/** Every tag of a page. Text never holds a bare `<`, attribute values no bare `>`, so a scan is enough; anything else throws. */
export function tagsOf(page: string): Tag[] {
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) => parseTag(tag));
}

/** What a reader sees: the page without its tags, entities resolved. */
export function textOf(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&#96;", "`")
    .replaceAll("&amp;", "&");
}

function parseTag(tag: string): Tag {
  const match = /^<(?:\/|!)?([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"<>]*")?)*)\s*\/?>$/.exec(tag);
  if (match === null) throw new Error(`not a tag of ours: ${tag.slice(0, 200)}`);
  const attributes = [...(match[2] ?? "").matchAll(/([a-zA-Z:-]+)(?:="([^"]*)")?/g)].map(
    ([, name, value]) => [name, value ?? ""],
  );
  return { name: (match[1] ?? "").toLowerCase(), attributes: Object.fromEntries(attributes) };
}
