import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Files share one document, and not what another one mocked or left in a module.
vi.resetModules();
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
});

// jsdom knows the dialog element, and not how it is opened.
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true;
};
