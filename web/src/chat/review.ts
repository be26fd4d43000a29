/** What a run waits to be told: LangChain's human-in-the-loop, or a value of any other form; and the answers. Pure. */

export const PROCEDURE = "keep_procedure";

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

/** One interrupt, answered by its id. Without actions its value is shown, and the answer is text. */
export type Question = { id: string; value: unknown; actions: Action[] };
export type Answer = string | { decisions: Decision[] };

const KINDS: Kind[] = ["approve", "edit", "reject"];

/** The open questions of a thread, each once. A breakpoint asks nothing. */
export function questionsIn(interrupts: readonly { id?: string; value?: unknown }[]): Question[] {
  const byId = new Map<string, Question>();
  for (const { id, value } of interrupts) if (id) byId.set(id, { id, value, actions: actionsIn(value) });
  return [...byId.values()];
}

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

/** Text as it is, anything else as JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

/** The arguments as they were typed over, each of the sort that was proposed; null while one is not. */
export function edited(action: Action, typed: Record<string, string>): Decision | null {
  const args = { ...action.args };
  for (const [name, text] of Object.entries(typed)) {
    const value = read(args[name], text.trim());
    if (value === undefined || (action.name === PROCEDURE && value === "")) return null;
    args[name] = value;
  }
  return { type: "edit", edited_action: { name: action.name, args } };
}

function read(was: unknown, text: string): unknown {
  if (typeof was === "string") return text;
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // Where nothing was proposed, any words will do.
  }
  return was === null || sortOf(value) === sortOf(was) ? value : undefined;
}

const sortOf = (value: unknown) =>
  Array.isArray(value) ? "list" : value === null ? "nothing" : typeof value;

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
