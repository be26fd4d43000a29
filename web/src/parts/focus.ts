/** A ref for a field that has just taken the place of the button that was pressed: it goes on from there. */
export function focusNow(element: HTMLElement | null): void {
  element?.focus({ preventScroll: false });
}

/** As `focusNow`, with its words selected: what is typed takes their place. */
export function selectNow(field: HTMLInputElement | null): void {
  focusNow(field);
  field?.select();
}
