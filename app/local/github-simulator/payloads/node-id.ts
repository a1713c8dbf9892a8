/** Opaque to everybody but GitHub. A prefix that is base64 already is GitHub's old form. */
export function nodeId(prefix: string, id: number): string {
  return prefix.length > 4 ? `${prefix}${Buffer.from(String(id)).toString("base64url")}` : `${prefix}_kwDO${Buffer.from(String(id)).toString("base64url")}`;
}
