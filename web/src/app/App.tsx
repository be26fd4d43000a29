/** The frame: the rooms of the page, and the one that the address names. */

import { Suspense, useEffect } from "react";
import { ChatRoom } from "../chat/ChatRoom";
import { Coming } from "./Coming";
import { HealthRoom, loadRooms, MapRoom, MemoriesRoom, TimeRoom } from "./rooms";
import { address, type Place, usePlace } from "./route";
import { SignedIn } from "./SignedIn";
import { SignOut } from "./SignOut";
import { Unshown } from "./Unshown";
import "./app.css";

const ROOMS_AFTER_MS = 1500;
const LINKS: [Place["room"], string][] = [
  ["c", "Chat"],
  ["memories", "Memories"],
  ["map", "Map"],
  ["health", "Health"],
];

export function App() {
  const place = usePlace();
  useEffect(() => {
    const idle = setTimeout(loadRooms, ROOMS_AFTER_MS);
    return () => clearTimeout(idle);
  }, []);
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
          <SignOut />
        </nav>
        <Unshown key={place.room}>
          <Suspense fallback={<Coming />}>
            <Room place={place} />
          </Suspense>
        </Unshown>
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
