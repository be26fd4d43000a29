export default function HealthRoom() {
  return <main />;
}
