import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { UNREACHABLE } from "../api/http";
import { Unshown } from "./Unshown";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function Broken(): never {
  throw new TypeError("Failed to fetch dynamically imported module");
}

it("shows the room that there is", () => {
  render(<Unshown>A room</Unshown>);
  expect(screen.getByText("A room")).toBeTruthy();
});

it("says that a room did not come, and loads the page once the server is there", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const server = vi.fn().mockRejectedValueOnce(new TypeError("refused"));
  server.mockResolvedValue(new Response("{}", { headers: { "content-type": "application/json" } }));
  vi.stubGlobal("fetch", server);
  const reload = vi.fn();
  render(
    <Unshown reload={reload}>
      <Broken />
    </Unshown>,
  );
  expect(screen.getByRole("alert").textContent).toContain("could not be shown");
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(UNREACHABLE)).toBeTruthy();
  expect(reload).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await vi.waitFor(() => expect(reload).toHaveBeenCalled());
});
