import { CapabilityError } from '../../core/error.ts';
import { withCode, withTransactions, type Defects } from './defect.ts';

const visible = 'a transaction sees what it wrote, others see it after the commit';
const undone = 'what is rolled back never was';
const reads = 'one that only reads sees the same throughout, and writes nothing';
const lost = 'transactions that read and then write lose nothing, however many there are at once';

export const transactionDefects: Defects = {
  'a transaction writes at once': {
    breaks: [visible, undone],
    backend: (sql) => ({
      begin: () => ({
        query: (statement) => sql.query(statement),
        execute: (statement) => sql.execute(statement),
        commit: () => undefined,
        rollback: () => undefined,
      }),
    }),
  },
  'a transaction reads beside itself': {
    breaks: [visible],
    backend: withTransactions((_transaction, sql) => ({ query: (statement) => sql.query(statement) })),
  },
  'a commit does nothing': {
    breaks: [visible],
    backend: withTransactions((transaction) => ({ commit: () => transaction.rollback() })),
  },
  'a rollback commits': {
    breaks: [undone],
    backend: withTransactions((transaction) => {
      let over = false;
      return {
        rollback() {
          if (over) return undefined;
          over = true;
          return transaction.commit();
        },
      };
    }),
  },
  'a transaction has no end': {
    breaks: ['a transaction that is over takes no more statements'],
    guest: (sql) => ({
      async begin(how) {
        const transaction = await sql.begin(how);
        const other = (await sql.begin({ readOnly: true })).query;
        return { ...transaction, query: other };
      },
    }),
  },
  'a transaction goes on after a failure': {
    breaks: ['a statement that fails fails its transaction'],
    guest: (_sql, raw) => ({ begin: (how) => raw.begin(how) }),
  },
  'writing transactions begin as reading ones': {
    breaks: [lost],
    // What is read may be old by the time that it is written.
    backend: (sql) => ({
      async begin(how) {
        const reading = await sql.begin({ readOnly: true });
        if (how?.readOnly) return reading;
        const written: Parameters<typeof reading.execute>[0][] = [];
        return {
          query: (statement) => reading.query(statement),
          execute(statement) {
            written.push(statement);
            return { rows: 1 };
          },
          async commit() {
            await reading.commit();
            await sql.batch(written);
          },
          rollback: () => reading.rollback(),
        };
      },
    }),
  },
  'one that only reads sees what is new': {
    breaks: [reads],
    backend: (sql) => ({
      async begin(how) {
        const transaction = await sql.begin(how);
        return how?.readOnly ? { ...transaction, query: (statement) => sql.query(statement) } : transaction;
      },
    }),
  },
  'one that only reads writes': {
    breaks: [reads],
    backend: (sql) => ({
      async begin(how) {
        const transaction = await sql.begin(how);
        return how?.readOnly
          ? { ...transaction, execute: (statement) => sql.execute(statement) }
          : transaction;
      },
    }),
  },
  'one that only reads writes with rows': {
    breaks: [reads],
    backend: (sql) => ({
      async begin(how) {
        const transaction = await sql.begin(how);
        if (!how?.readOnly) return transaction;
        return {
          ...transaction,
          query: (statement) =>
            /RETURNING/.test(statement.text) ? sql.query(statement) : transaction.query(statement),
        };
      },
    }),
  },
  'transactions by hand are let through': {
    breaks: ['a transaction is not begun or ended by hand'],
    backend: (sql) => ({
      execute: (statement) => (/\bbegin\b/i.test(statement.text) ? { rows: 0 } : sql.execute(statement)),
    }),
  },
  'a commit by hand commits': {
    breaks: ['a transaction is not begun or ended by hand'],
    backend: withTransactions((transaction) => ({
      async execute(statement) {
        if (statement.text !== 'COMMIT') return await transaction.execute(statement);
        await transaction.commit();
        throw new CapabilityError('permission-denied', 'not by hand');
      },
    })),
  },
  'what is denied is invalid': {
    breaks: ['a transaction is not begun or ended by hand'],
    backend: withCode('permission-denied', 'invalid-argument'),
  },
};
