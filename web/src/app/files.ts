/**
 * The files of the build that come behind the first view. A browser may keep in mind that an import failed, and
 * fail it for good: so its files are fetched first, for as long as it takes, and then come out of the browser's cache.
 */

import { Failed } from "../api/http";

export const AGAIN_MS = 2000;

const coming = new Map<string, Promise<void>>();
const told = new Set<() => void>();
let away = 0;

/** Imports a part of the build, as soon as its files can be had. Refused files reject: the page is of an older build. */
export async function brought<Module>(part: string, load: () => Promise<Module>): Promise<Module> {
  const files = coming.get(part) ?? bring(part);
  coming.set(part, files);
  try {
    await files;
  } catch (error) {
    coming.delete(part);
    throw error;
  }
  return load();
}

/** Whether something is waited for that a server has which does not answer. */
export const isAway = () => away > 0;

export function watchAway(tell: () => void): () => void {
  told.add(tell);
  return () => told.delete(tell);
}

async function bring(part: string): Promise<void> {
  let waits = false;
  const wait = (now: boolean) => {
    if (now === waits) return;
    waits = now;
    away += now ? 1 : -1;
    for (const tell of told) tell();
  };
  try {
    while (!(await fetched(filesOf(part)))) {
      wait(true);
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  } finally {
    wait(false);
  }
}

/** As web/built.ts writes them into index.html; none where each module is served by itself. */
function filesOf(part: string): string[] {
  const named = document.querySelector<HTMLMetaElement>(`meta[name="part:${part}"]`);
  return named?.content.split(" ") ?? [];
}

/** False: nobody answers, or somebody who says that the server is away. */
async function fetched(files: string[]): Promise<boolean> {
  let answers: Response[];
  try {
    answers = await Promise.all(files.map((file) => fetch(new URL(file, document.baseURI))));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  } catch {
    return false;
  }
  const refused = answers.find((answer) => !answer.ok);
  if (refused && refused.status < 500)
    throw new Failed("The server no longer has this part.", refused.status);
  return !refused;
}
