import type { Place } from "../app/route";

export default function TimeRoom({ place }: { place: Place }) {
  return <main>{place.id}</main>;
}
