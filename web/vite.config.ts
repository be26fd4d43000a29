/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { built } from "./built.ts";

// `npm run dev` serves the page with hot reload beside a running `make dev`.
const SERVER = process.env.MNEMOGRAPH_SERVER ?? "http://127.0.0.1:2024";
const ROUTES = ["/mnemograph", "/threads", "/runs", "/assistants", "/store", "/health", "/info"];
const UNUSED_GOES = /node_modules\/(@langchain\/[^/]+|langsmith)\//;

export default defineConfig({
  plugins: [react(), built()],
  base: "./",
  build: {
    // The built page is committed, so that a machine without Node has it.
    outDir: "../server/static",
    emptyOutDir: true,
    // A data: address would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Their packages do not say that a module which nothing uses may go: tracing alone is a quarter of the page.
    rolldownOptions: { treeshake: { moduleSideEffects: [{ test: UNUSED_GOES, sideEffects: false }] } },
  },
  server: { proxy: Object.fromEntries(ROUTES.map((route) => [route, SERVER])) },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing.ts"],
    // A document for each file is most of the time that the tests take: src/testing.ts leaves it as it was.
    isolate: false,
    unstubGlobals: true,
  },
});
