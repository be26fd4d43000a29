/** How the user wants things done, in every conversation. */
export function InstructionsView() {
  return <p className="empty">There is no instruction yet.</p>;
}
