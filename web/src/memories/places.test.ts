import { expect, test } from "vitest";
import { broughtIn, placesOf } from "./places";

test("places that are one to a person are counted as one, and empty ones are left out", () => {
  const told = placesOf({
    memory_grants: 0,
    memory_items: 1,
    memory_lookup: 2,
    memory_vectors: 1_300,
    conversations: 2,
    redis_keys: 7,
  });
  expect(told.map((place) => place.words)).toEqual([
    "1 memory or note about one",
    "1,302 entries by which they are found",
    "2 conversations",
    "7 redis keys",
  ]);
});

test("every count stands in what is shown, so that nothing is kept quiet", () => {
  const counts = { checkpoints: 3, checkpoint_blobs: 4, "server threads": 5, "something new": 6 };
  const shown = placesOf(counts).reduce((sum, place) => sum + place.count, 0);
  expect(shown).toBe(18);
});

test("an import says what came, and what was there", () => {
  expect(broughtIn({ items: 3, items_already: 0, conversations: 1, conversations_already: 0 })).toBe(
    "3 memories and notes and 1 conversation came in.",
  );
  expect(broughtIn({ items: 0, items_already: 3, conversations: 0, conversations_already: 1 })).toBe(
    "0 memories and notes and 0 conversations came in; 4 were there already and stay as they were.",
  );
});
