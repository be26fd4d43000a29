export default function MapRoom() {
  return <main />;
}
