/**
 * Looks entries of a list up by a key, over an index that is made once for each list: with ten thousand jobs and tasks a search for each through all
 * of the others would take a round's time. Lists must not change once they were looked at; entries with the key `null` are not found.
 */
export function createLookup<Entry>(keyOf: (entry: Entry) => string | null): (list: readonly Entry[], key: string) => readonly Entry[] {
  const indexes = new WeakMap<readonly Entry[], ReadonlyMap<string | null, readonly Entry[]>>();
  return (list, key) => {
    const known = indexes.get(list);
    const index = known ?? Map.groupBy(list, keyOf);
    if (!known) indexes.set(list, index);
    return index.get(key) ?? [];
  };
}
