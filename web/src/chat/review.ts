/** A question that a run waits with, in the shape of LangChain's human-in-the-loop, and its answers. Pure. */

export type Action = {
  name: string;
  args: Record<string, unknown>;
  description: string;
  allowed: Kind[];
};
export type Kind = "approve" | "edit" | "reject";
export type Decision =
  | { type: "approve" }
  | { type: "reject"; message?: string }
  | { type: "edit"; edited_action: { name: string; args: Record<string, unknown> } };

const KINDS: Kind[] = ["approve", "edit", "reject"];

/** The actions that wait, or none where the value is no such question. */
export function actionsIn(value: unknown): Action[] {
  if (!isRecord(value) || !Array.isArray(value.action_requests)) return [];
  const configs: unknown[] = Array.isArray(value.review_configs) ? value.review_configs : [];
  return value.action_requests.filter(isRecord).map((each) => {
    const config = configs.find((one) => isRecord(one) && one.action_name === each.name);
    const allowed: unknown = isRecord(config) ? config.allowed_decisions : null;
    return {
      name: String(each.name ?? each.action ?? ""),
      args: isRecord(each.args) ? each.args : {},
      description: String(each.description ?? ""),
      allowed: Array.isArray(allowed) ? KINDS.filter((kind) => allowed.includes(kind)) : KINDS,
    };
  });
}

/** The one argument that is text, which an edit changes; null where there is none, or several. */
export function editable(action: Action): string | null {
  const texts = Object.entries(action.args).filter(([, value]) => typeof value === "string");
  return texts.length === 1 ? (texts[0]?.[0] ?? null) : null;
}

export function edited(action: Action, text: string): Decision {
  const name = editable(action);
  const args = name ? { ...action.args, [name]: text } : action.args;
  return { type: "edit", edited_action: { name: action.name, args } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
