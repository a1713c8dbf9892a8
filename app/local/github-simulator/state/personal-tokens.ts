import type { SimulatorState } from "./simulator-state.ts";

export function addPersonalToken(state: SimulatorState, login: string): string {
  const token = `ghp_${state.random.letters(36)}`;
  state.personalTokens.set(token, login);
  return token;
}
