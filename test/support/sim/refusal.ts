/** The engine's answers that are not a success, with the words of Docker Engine 20.10. */

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** "Not modified": what was asked for is so already; no words come with it. */
export const UNCHANGED = 304;

export function invalid(message: string): Refusal {
  return new Refusal(400, message);
}

export function forbidden(message: string): Refusal {
  return new Refusal(403, message);
}

export function notFound(message: string): Refusal {
  return new Refusal(404, message);
}

export function conflict(message: string): Refusal {
  return new Refusal(409, message);
}

export function failure(message: string): Refusal {
  return new Refusal(500, message);
}
