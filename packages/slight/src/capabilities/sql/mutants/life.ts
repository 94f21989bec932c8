import type { Sql, SqlRows } from '../contract.ts';
import type { Defects } from './defect.ts';

const durable = 'what was committed is there when it is opened again; a transaction that was left is not';

/** Fails writes below the portable layer: what was there stays, so only what a check writes is missing. */
const forgets = (sql: Sql): Partial<Sql> => {
  const undo: (() => Promise<unknown>)[] = [];
  return {
    async execute(statement) {
      const changes = await sql.execute(statement);
      if (statement.text.startsWith('INSERT'))
        undo.push(async () => sql.execute({ text: 'DELETE FROM items', parameters: [] }));
      return changes;
    },
    async close() {
      for (const each of undo) await each();
      await sql.close();
    },
  };
};

export const lifeDefects: Defects = {
  'all names are one': {
    breaks: ['two names share nothing, not even with the same tables'],
    rename: (name) => name.replace(/-[^-]*$/, ''),
  },
  'names are not told apart by case': {
    breaks: ['two names share nothing, not even with the same tables'],
    rename: (name) => name.toLowerCase(),
  },
  'every opener has data of its own': {
    breaks: ['two that open one name see the same', 'a query sees the columns that another added', durable],
    rename: (() => {
      let opened = 0;
      return (name: string) => `${name}-${opened++}`;
    })(),
  },
  'columns are those of the first time': {
    breaks: ['a query sees the columns that another added'],
    backend(sql) {
      const known = new Map<string, SqlRows['columns']>();
      return {
        async query(statement) {
          const rows = await sql.query(statement);
          const columns = known.get(statement.text) ?? rows.columns;
          known.set(statement.text, columns);
          return { columns, next: () => rows.next(), close: () => rows.close() };
        },
      };
    },
  },
  'what is closed goes on': {
    breaks: ['what is closed is cancelled'],
    guest: () => ({ close: () => undefined }),
  },
  'what was committed is gone when it is opened again': {
    breaks: [durable, 'what was committed survives the end of the server'],
    backend: forgets,
  },
  'a transaction that was left is committed': {
    breaks: [durable],
    backend(sql) {
      const left: (() => unknown)[] = [];
      return {
        async begin(how) {
          const transaction = await sql.begin(how);
          let over = false;
          left.push(async () => {
            if (!over) await transaction.commit();
          });
          const ending = (end: () => unknown) => async () => {
            over = true;
            await end();
          };
          return {
            ...transaction,
            commit: ending(() => transaction.commit()),
            rollback: ending(() => transaction.rollback()),
          };
        },
        async close() {
          for (const commit of left) await commit();
          await sql.close();
        },
      };
    },
  },
};
