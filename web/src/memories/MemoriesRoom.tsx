import type { Place } from "../app/route";

export default function MemoriesRoom({ place }: { place: Place }) {
  return <main>{place.id}</main>;
}
