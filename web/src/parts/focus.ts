/** A ref for a field that has just taken the place of the button that was pressed: it goes on from there. */
export function focusNow(element: HTMLElement | null): void {
  element?.focus({ preventScroll: false });
}
