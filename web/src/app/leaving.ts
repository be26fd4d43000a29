/** Signing out: the browser forgets the key, and whatever else it kept of the person. */

import { forgetKey, isKey } from "../api/key";

const OURS = "mnemograph.";
/** How the page is laid out: nobody's in particular. */
export const PANEL = "mnemograph.panel";

export function letGo(): void {
  forgetKey();
  // What was sent and not answered, and which answer is on its way.
  sessionStorage.clear();
  const kept = Object.keys(localStorage).filter((name) => name.startsWith(OURS) && name !== PANEL);
  for (const name of kept) localStorage.removeItem(name);
}

/** Tells when another window signed out. */
export function watchLeaving(tell: () => void): () => void {
  const heard = ({ key, newValue }: StorageEvent) => {
    if (isKey(key) && newValue === null) tell();
  };
  window.addEventListener("storage", heard);
  return () => window.removeEventListener("storage", heard);
}
