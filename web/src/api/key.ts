/** The key that the server asks for, where it asks for one: kept by the browser, never part of an address. */

const NAME = "mnemograph.key";

export function readKey(): string {
  return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME) ?? "";
}

export const isKey = (name: string | null) => name === NAME;

/** `stay`: also after the browser was closed. */
export function keepKey(key: string, stay: boolean): void {
  forgetKey();
  (stay ? localStorage : sessionStorage).setItem(NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
}

export function keyHeaders(): Record<string, string> {
  const key = readKey();
  return key ? { "x-api-key": key } : {};
}
