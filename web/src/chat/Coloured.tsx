/** Code in colours. */

import { createElement, Fragment, memo, type ReactNode, useMemo } from "react";
import { coloured, type Piece } from "./colours";
import "./coloured.css";

type Props = { code: string; language: string };

export const Coloured = memo(function Coloured({ code, language }: Props) {
  // Pieces are told apart by their place alone: what grows at its end keeps them.
  return useMemo(
    () => createElement(Fragment, null, ...coloured(code, language).map(shown)),
    [code, language],
  );
});

const shown = (piece: Piece): ReactNode =>
  typeof piece === "string"
    ? piece
    : createElement("span", { className: piece.classes }, ...piece.pieces.map(shown));
