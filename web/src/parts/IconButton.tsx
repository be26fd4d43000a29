/** A button that shows a drawing alone: its name is there for the pointer and for who does not see it. */

import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./Icon";

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label" | "title" | "children"> & {
  icon: IconName;
  name: string;
  size?: number;
};

export function IconButton({ icon, name, size, className = "", type = "button", ...rest }: Props) {
  return (
    <button {...rest} type={type} className={`iconbutton ${className}`} aria-label={name} title={name}>
      <Icon name={icon} size={size} />
    </button>
  );
}
