/** A field in which an argument of a tool is changed: by its sort, and always kept as text until it is sent. */

import { useId } from "react";

type Props = {
  label: string;
  /** What was proposed. */
  was: unknown;
  value: string;
  focus?: (element: HTMLElement | null) => void;
  onChange(text: string): void;
};

export function ArgumentField({ label, was, value, focus, onChange }: Props) {
  const id = useId();
  if (typeof was === "boolean")
    return (
      <label className="row">
        <input
          ref={focus}
          type="checkbox"
          checked={value === "true"}
          onChange={(event) => onChange(String(event.target.checked))}
        />
        {label}
      </label>
    );
  const own = {
    id,
    ref: focus,
    className: "field",
    value,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <div>
      <label className="soft small" htmlFor={id}>
        {label}
      </label>
      {typeof was === "number" ? <input {...own} type="number" step="any" /> : <textarea {...own} />}
    </div>
  );
}
