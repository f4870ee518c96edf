/** Everything a command may know of the outside; tests hand in their own. */
export interface Terminal {
  /** Data: text, or the bytes of a record. */
  out: (data: string | Uint8Array) => void;
  /** Everything else. */
  note: (text: string) => void;
  /** A progress bar makes sense: a person looks at stderr. */
  interactive: boolean;
  now: () => Date;
  newId: () => string;
  signal: AbortSignal;
  version: string;
}

/**
 * Text of evidence for a terminal: escape sequences and other control characters would let an attacker's user agent
 * repaint the screen, so they are shown as what they are.
 */
export function safeText(text: string): string {
  return text.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
}
