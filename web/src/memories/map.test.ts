import { describe, expect, test } from "vitest";
import type { Point } from "../api/map";
import { fitting, nearestTo, panned, toMap, toScreen, zoomed } from "./camera";
import { clusters, countFor } from "./clusters";
import { labels } from "./labels";
import { FEW, layOut, type Spot } from "./layout";
import { seeded } from "./random";
import { sample } from "./sample";
import { named, without } from "./useMap";

const SIZE = { width: 800, height: 600 };

/** Three heaps far from each other. */
function heaps(each: number, dimensions: number): number[][] {
  const random = seeded(1);
  return Array.from({ length: 3 * each }, (_, index) =>
    Array.from({ length: dimensions }, (_, axis) => (axis === index % 3 ? 5 : 0) + random() * 0.5),
  );
}

describe("the layout", () => {
  test("what is near stays near, and the same memories give the same map", () => {
    const rows = heaps(20, 6);
    const spots = layOut(rows);
    expect(layOut(rows)).toEqual(spots);
    const groups = clusters(spots, 3).map(({ members }) => new Set(members.map((at) => at % 3)));
    expect(groups.map((heap) => heap.size)).toEqual([1, 1, 1]);
  });

  test("few memories lie by the two dimensions that tell most", () => {
    expect(layOut([[1, 2, 3]])).toEqual([[1, 2]]);
    expect(layOut(heaps(2, 3)).length).toBeLessThan(FEW);
  });

  test("memories that say the same make no broken map", () => {
    const same = Array.from({ length: 30 }, () => [1, 1, 1]);
    expect(layOut(same).flat().every(Number.isFinite)).toBe(true);
  });

  test("it tells how far it is", () => {
    const told: number[] = [];
    layOut(heaps(10, 4), (done, of) => told.push(done / of));
    expect(told.length).toBeGreaterThan(3);
    expect(Math.max(...told)).toBeLessThan(1);
  });
});

describe("the groups", () => {
  test("every spot is in one group, and none is empty", () => {
    const random = seeded(2);
    const spots = Array.from({ length: 200 }, (): Spot => [random(), random()]);
    const found = clusters(spots);
    expect(found.length).toBe(countFor(200));
    expect(found.flatMap((group) => group.members).sort((a, b) => a - b)).toEqual(spots.map((_, at) => at));
  });

  test("there is no group of nothing, and one of what is all the same", () => {
    expect(clusters([])).toEqual([]);
    expect(
      clusters(
        Array.from({ length: 9 }, (): Spot => [1, 1]),
        4,
      ),
    ).toHaveLength(1);
  });

  test("a group is named by the words that the others lack, and not by who speaks", () => {
    const camping = ["[2026-05-03] Ana: We were camping.", "[2026-05-04] Ana: I camped by the lake."];
    const music = ["[2026-05-03] Ana: I play the guitar.", "Ana has a guitar, and a piano"];
    const [first = "", second = ""] = labels([camping, music]);
    expect(first.split(" · ")[0]).toMatch(/^camp/);
    expect(second).toBe("guitar");
    expect(labels([["…"]])).toEqual(["…"]);
  });
});

describe("where one looks", () => {
  const spots: Spot[] = [
    [0, 0],
    [10, 4],
  ];
  const whole = fitting(spots, SIZE);

  test("all is in view at first", () => {
    for (const spot of spots) {
      const [x, y] = toScreen(spot, whole, SIZE);
      expect(x > 0 && x < SIZE.width && y > 0 && y < SIZE.height).toBe(true);
    }
  });

  test("zooming keeps what is under the pointer, and has an end", () => {
    const at: Spot = [200, 100];
    const nearer = zoomed(whole, 2, at, SIZE, whole);
    const [x, y] = toMap(at, nearer, SIZE);
    expect([x, y].map((each) => each.toFixed(6))).toEqual(
      toMap(at, whole, SIZE).map((each) => each.toFixed(6)),
    );
    expect(zoomed(whole, 1e9, at, SIZE, whole).scale).toBeLessThan(whole.scale * 100);
    expect(zoomed(whole, 1e-9, at, SIZE, whole).scale).toBeGreaterThan(0);
  });

  test("what is pointed at is found after moving, too", () => {
    const moved = panned(whole, 30, -20);
    const [x, y] = toScreen([10, 4], moved, SIZE);
    expect(nearestTo([x + 3, y], spots, moved, SIZE, 14)).toBe(1);
    expect(nearestTo([x + 30, y], spots, moved, SIZE, 14)).toBe(-1);
  });
});

test("what was forgotten is gone from the map, and the others keep their spots", () => {
  const points = ["a", "b", "c"].map(
    (id, at): Point => ({
      id,
      kind: "semantic",
      status: "active",
      text: id,
      said_at: "",
      importance: 0,
      at: [at],
    }),
  );
  const spots: Spot[] = [
    [0, 0],
    [1, 1],
    [2, 2],
  ];
  const laid = { points, spots, groups: named(points, spots), notes: [] };
  const left = without(laid, "b", null);
  expect(left.points.map((point) => point.id)).toEqual(["a", "c"]);
  expect(left.spots).toEqual([spots[0], spots[2]]);
  expect(left.groups.flatMap((group) => group.members).sort()).toEqual([0, 1]);
  const edited = without(laid, "b", sample({ id: "d", text: "new words" }));
  expect(edited.points[1]).toMatchObject({ id: "d", text: "new words" });
});
