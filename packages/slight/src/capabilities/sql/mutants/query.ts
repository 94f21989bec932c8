import type { SqlRow } from '../contract.ts';
import { withColumns, withPages, withRows, type Defects } from './defect.ts';

const pages = 'many rows come in pages: each once, in order, none too long';

export const queryDefects: Defects = {
  'columns have their own names, whatever the query calls them': {
    breaks: ['a query gives its columns by name, and its rows in order'],
    backend: withColumns((column) => ({ ...column, name: column.name === 'title' ? 'name' : column.name })),
  },
  'rows are in the order of the table': {
    breaks: ['a query gives its columns by name, and its rows in order'],
    backend: (sql) => ({
      query: ({ text, parameters }) =>
        sql.query({ text: text.replace(/ORDER BY id DESC/, 'ORDER BY id'), parameters }),
    }),
  },
  'a query without rows has no columns': {
    breaks: ['a query gives its columns by name, and its rows in order'],
    backend: (sql) => ({
      async query(statement) {
        const rows = await sql.query(statement);
        const first = await rows.next();
        let page: readonly SqlRow[] | undefined = first;
        return {
          columns: first.length === 0 ? [] : rows.columns,
          next() {
            const now = page ?? rows.next();
            page = undefined;
            return now;
          },
          close: () => rows.close(),
        };
      },
    }),
  },
  'no column says its type': {
    breaks: ['a column of a table says what it was declared as, an expression says nothing'],
    backend: withColumns(({ name }) => ({ name })),
  },
  'an expression has a type': {
    breaks: ['a column of a table says what it was declared as, an expression says nothing'],
    backend: withColumns((column) => ({ type: 'TEXT', ...column })),
  },
  'all rows are one page': {
    breaks: [pages],
    backend: withRows((rows) => {
      let over = false;
      return {
        async next() {
          const all: SqlRow[] = [];
          for (let page = over ? [] : await rows.next(); page.length > 0; page = await rows.next())
            all.push(...page);
          over = true;
          return all;
        },
      };
    }),
  },
  'only the first page is there': {
    breaks: [pages],
    backend: withRows((rows) => {
      let asked = 0;
      return { next: () => (asked++ === 0 ? rows.next() : []) };
    }),
  },
  'the last row of a page is the first of the next': {
    breaks: [pages],
    backend: withRows((rows) => {
      let last: SqlRow | undefined;
      return {
        async next() {
          const page = await rows.next();
          const with2 = last === undefined || page.length === 0 ? page : [last, ...page.slice(0, -1)];
          last = page.at(-1);
          return with2;
        },
      };
    }),
  },
  'pages are upside down': { breaks: [pages], backend: withPages((page) => page.toReversed()) },
  'rows that are closed keep their connection': {
    breaks: ['rows that are not read to their end keep nobody from going on'],
    backend(sql) {
      let free = 8;
      return {
        async query(statement) {
          if (free-- <= 0) throw new Error('no connection is free');
          return await sql.query(statement);
        },
      };
    },
  },
  'rows that are closed go on': {
    breaks: ['rows that are not read to their end keep nobody from going on'],
    guest: (_sql, raw) => ({
      async query(statement) {
        const rows = await raw.query(statement);
        return { columns: rows.columns, next: () => rows.next(), close: () => undefined };
      },
    }),
  },
  'a query ends the one before': {
    breaks: ['several queries are read at the same time'],
    backend(sql) {
      let end = (): unknown => undefined;
      return {
        async query(statement) {
          await end();
          const rows = await sql.query(statement);
          end = () => rows.close();
          return rows;
        },
      };
    },
  },
  'a prepared statement keeps its first values': {
    breaks: ['a statement that was prepared runs again and again, with other values'],
    backend: (sql) => ({
      async prepare(text) {
        const prepared = await sql.prepare(text);
        let first: Parameters<typeof prepared.query>[0] | undefined;
        return {
          query: (parameters) => prepared.query((first ??= parameters)),
          execute: (parameters) => prepared.execute(parameters),
          close: () => prepared.close(),
        };
      },
    }),
  },
  'a prepared statement that is closed goes on': {
    breaks: ['a statement that was prepared runs again and again, with other values'],
    guest: (sql) => ({
      prepare: async (text) => ({ ...(await sql.prepare(text)), close: () => undefined }),
    }),
  },
  'preparing looks at nothing': {
    breaks: ['a statement that cannot be run fails when it is prepared'],
    backend: (sql) => ({
      prepare: (text) => ({
        query: (parameters) => sql.query({ text, parameters }),
        execute: (parameters) => sql.execute({ text, parameters }),
        close: () => undefined,
      }),
    }),
  },
  'what is written with rows is undone where they are not read': {
    breaks: ['what a statement with rows writes is written, whether its rows are read or not'],
    backend: (sql) => ({
      async query(statement) {
        if (!/RETURNING/.test(statement.text)) return await sql.query(statement);
        const transaction = await sql.begin();
        const rows = await transaction.query(statement);
        return {
          columns: rows.columns,
          async next() {
            const page = await rows.next();
            if (page.length === 0) await transaction.commit();
            return page;
          },
          close: () => transaction.rollback(),
        };
      },
    }),
  },
};
