import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import "./app/theme.css";

const page = document.getElementById("page");
if (!page) throw new Error("index.html has no #page");
createRoot(page).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
