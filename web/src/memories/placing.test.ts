import { expect, test } from "vitest";
import type { Spot } from "./layout";
import { type Box, meets, placed } from "./placing";
import { seeded } from "./random";

const SIZE = { width: 400, height: 300 };

const boxes = (words: { middle: Spot; width: number }[], spots: (Spot | null)[]): Box[] =>
  spots.flatMap((spot, index) => {
    const half = (words[index]?.width ?? 0) / 2;
    return spot ? [[spot[0] - half, spot[1] - 8, spot[0] + half, spot[1] + 8] as Box] : [];
  });

test("words stand at their group's middle where nothing is in the way", () => {
  expect(placed([{ middle: [200, 150], width: 100 }], [], SIZE)).toEqual([[200, 150]]);
});

test("they make way for a dot, and for each other", () => {
  const [one, other] = placed(
    [
      { middle: [200, 150], width: 100 },
      { middle: [210, 150], width: 100 },
    ],
    [[170, 152]],
    SIZE,
  );
  expect(one).not.toEqual([200, 150]);
  expect(other).not.toBeNull();
  expect(one).not.toEqual(other);
});

test("whatever there is, they are whole in sight, upon no other words and not behind what lies over the map", () => {
  const random = seeded(3);
  for (let round = 0; round < 40; round++) {
    const words = Array.from({ length: 12 }, () => ({
      middle: [random() * SIZE.width, random() * SIZE.height] as Spot,
      width: 40 + random() * 150,
    }));
    const dots = Array.from({ length: 60 }, () => [random() * SIZE.width, random() * SIZE.height] as Spot);
    const keys: Box = [0, 250, 180, 300];
    const found = boxes(words, placed(words, dots, SIZE, [keys]));
    expect(found.length).toBeGreaterThan(3);
    for (const [index, box] of found.entries()) {
      expect(Math.min(box[0], box[1])).toBeGreaterThanOrEqual(0);
      expect([box[2] <= SIZE.width, box[3] <= SIZE.height]).toEqual([true, true]);
      expect([keys, ...found.slice(index + 1)].some((other) => meets(box, other))).toBe(false);
    }
  }
});

test("what is out of sight has no words, nor have words that are wider than the map", () => {
  expect(placed([{ middle: [-5, 20], width: 50 }], [], SIZE)).toEqual([null]);
  expect(placed([{ middle: [200, 150], width: 500 }], [], SIZE)).toEqual([null]);
});
