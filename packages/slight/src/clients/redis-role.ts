import type { Redis } from 'ioredis';

/** Leaves a server that took writes and has become a replica: who only reads would not be told of it, and read what is old for ever. */
export interface RoleWatch {
  /** Asks what it is. */
  ask(): void;
  /** Asks unless it was asked a moment ago. */
  askAgain(): void;
}

/** Milliseconds between two questions to a server that is used. */
const askEvery = 2_000;

/**
 * One that has been a replica from the beginning is what the bind names, and stays. `HELLO` needs no right of the user; where it is not
 * known, nothing is found out.
 * @param primary whether the server is to take writes, also if it never did
 */
export function watchRole(redis: Redis, primary: boolean): RoleWatch {
  let askedAt = -Infinity;

  function ask(): void {
    askedAt = performance.now();
    redis.hello().then(heed, () => undefined);
  }

  function heed(answer: readonly unknown[]): void {
    const role = answer[answer.indexOf('role') + 1];
    if (role === 'master') primary = true;
    // Who takes writes by now is asked when the connection is made: the sentinels, or whoever knows the name.
    else if (primary && role === 'replica' && redis.status === 'ready') redis.disconnect(true);
  }

  return {
    ask,
    askAgain() {
      if (performance.now() > askedAt + askEvery) ask();
    },
  };
}
