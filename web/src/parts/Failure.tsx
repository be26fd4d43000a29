/** What went wrong, as a sentence, and the way to try again. */

export function Failure({ sentence, again }: { sentence: string; again(): void }) {
  return (
    <div className="alert row" role="alert">
      <span>{sentence}</span>
      <button className="button small" type="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
