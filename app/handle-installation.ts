import { installationEvent } from "./core/launch-event.ts";
import type { EventPublisher, Log } from "./ports.ts";

/** Tells the bus that the App was installed, changed or removed, for whoever subscribes. Nothing of ours depends on it. */
export function createInstallationHandler({ publisher }: { readonly publisher: EventPublisher }) {
  return async function handleInstallation(
    event: { readonly action: string; readonly payload: Readonly<Record<string, unknown>> },
    log: Log,
  ): Promise<{ readonly decision: "note"; readonly reason: string }> {
    try {
      await publisher.publish(installationEvent(event.payload));
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.message : String(error) }, "notice not published");
    }
    return { decision: "note", reason: event.action };
  };
}
