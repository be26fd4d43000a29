import type { Place } from "../app/route";

export function ChatRoom({ place }: { place: Place }) {
  return <main>{place.id}</main>;
}
