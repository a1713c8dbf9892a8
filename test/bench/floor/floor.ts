import { createFloor } from "./create-floor.ts";

const serve = createFloor();

export function handler(event: Parameters<typeof serve>[0]): ReturnType<typeof serve> {
  return serve(event);
}
