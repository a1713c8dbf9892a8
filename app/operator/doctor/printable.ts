/** Names that somebody chose, and what GitHub and ECS say, without what would move a terminal's cursor or colour it. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]+/g, " ");
}
