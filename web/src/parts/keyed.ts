/** Keys for rows that have no id of their own. Pure. */

/** Each with a name of its own, by what it says and how often that was said before. */
export function keyed<Item>(items: Item[], nameOf: (item: Item) => string): { key: string; item: Item }[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const name = nameOf(item);
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return { key: `${name}#${count}`, item };
  });
}
