/** The frame: the rooms of the page, and the one that the address names. */

import { lazy, Suspense } from "react";
import { ChatRoom } from "../chat/ChatRoom";
import { address, type Place, usePlace } from "./route";
import { SignedIn } from "./SignedIn";
import "./app.css";

const MemoriesRoom = lazy(() => import("../memories/MemoriesRoom"));
const MapRoom = lazy(() => import("../memories/MapRoom"));
const TimeRoom = lazy(() => import("../timeline/TimeRoom"));
const HealthRoom = lazy(() => import("../health/HealthRoom"));

const LINKS: [Place["room"], string][] = [
  ["c", "Chat"],
  ["memories", "Memories"],
  ["map", "Map"],
  ["health", "Health"],
];

export function App() {
  const place = usePlace();
  return (
    <SignedIn>
      <div className="frame">
        <nav className="rooms" aria-label="Rooms">
          <strong className="brand">Mnemograph</strong>
          {LINKS.map(([room, name]) => (
            <a key={room} href={address(room)} aria-current={place.room === room ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <Suspense fallback={<p className="soft wait">One moment …</p>}>
          <Room place={place} />
        </Suspense>
      </div>
    </SignedIn>
  );
}

function Room({ place }: { place: Place }) {
  if (place.room === "memories") return <MemoriesRoom place={place} />;
  if (place.room === "map") return <MapRoom />;
  if (place.room === "time") return <TimeRoom place={place} />;
  if (place.room === "health") return <HealthRoom />;
  return <ChatRoom place={place} />;
}
