import { CapabilityError } from '../../core/error.ts';
import { withCode, withErrors, withStatements, type Defects } from './defect.ts';

const told = 'it is told how many rows a statement changed';
const number = 'an insert tells the number that the row got, other statements tell none';
const twice = 'what is there already is already-exists, with the constraint, and nothing is written';
const batch = 'a batch of which one statement fails does none';

export const writeDefects: Defects = {
  'a statement changes one row': {
    breaks: [told],
    backend: (sql) => ({
      async execute(statement) {
        const changes = await sql.execute(statement);
        return { ...changes, rows: Math.min(1, changes.rows) };
      },
    }),
  },
  'a statement that changes nothing tells of the one before': {
    breaks: [told],
    backend(sql) {
      let before = 0;
      return {
        async execute(statement) {
          const changes = await sql.execute(statement);
          before = changes.rows || before;
          return { ...changes, rows: before };
        },
      };
    },
  },
  'no row has a number': {
    breaks: [number],
    backend: (sql) => ({ execute: async (statement) => ({ rows: (await sql.execute(statement)).rows }) }),
  },
  'an update tells the number of the insert before': {
    breaks: [number],
    backend(sql) {
      let before = {};
      return {
        async execute(statement) {
          const { rows, lastInsertId } = await sql.execute(statement);
          if (lastInsertId !== undefined) before = { lastInsertId };
          return { rows, ...before };
        },
      };
    },
  },
  'what is there already is internal': { breaks: [twice], backend: withCode('already-exists', 'internal') },
  'an error says no more than its code': {
    breaks: [twice, 'a value that its column cannot have is invalid-argument'],
    backend: withErrors(({ code, message }) => new CapabilityError(code, message)),
  },
  'rows before the one that is there already stay': {
    breaks: [twice],
    backend: withStatements(({ text, parameters }) => ({
      text: text.replace(/^INSERT INTO/, 'INSERT OR FAIL INTO'),
      parameters,
    })),
  },
  'a value that cannot be is left out': {
    breaks: ['a value that its column cannot have is invalid-argument'],
    backend: withStatements(({ text, parameters }) => ({
      text: text.replace(/^INSERT INTO/, 'INSERT OR IGNORE INTO'),
      parameters,
    })),
  },
  'foreign keys are not looked at': {
    breaks: ['a row that another one needs, or misses, is precondition-failed'],
    backend: withStatements(({ text, parameters }) => ({
      text: text.replace(/, FOREIGN KEY .*\)\)$/, ')'),
      parameters,
    })),
  },
  'what is no SQL is internal': {
    breaks: [
      'what is no SQL is invalid-argument, and the message shows the place',
      'a statement that cannot be run fails when it is prepared',
    ],
    backend: withCode('invalid-argument', 'internal'),
  },
  'an error does not say where': {
    breaks: ['what is no SQL is invalid-argument, and the message shows the place'],
    backend: withErrors((error) => new CapabilityError(error.code, 'the statement failed', error)),
  },
  'the first of two statements is run': {
    breaks: ['of two statements in one text none is run'],
    backend: withStatements(({ text, parameters }) => ({ text: text.replace(/;[^]*/, ''), parameters })),
  },
  'a semicolon at the end is a second statement': {
    breaks: ['of two statements in one text none is run'],
    backend: (sql) => ({
      execute(statement) {
        if (statement.text.includes(';')) throw new CapabilityError('invalid-argument', 'two statements');
        return sql.execute(statement);
      },
    }),
  },
  'a batch runs backwards': {
    breaks: ['a batch does all of its statements in order, and tells of each'],
    backend: (sql) => ({ batch: (statements) => sql.batch(statements.toReversed()) }),
  },
  'a batch tells of its first statement only': {
    breaks: ['a batch does all of its statements in order, and tells of each'],
    backend: (sql) => ({ batch: async (statements) => (await sql.batch(statements)).slice(0, 1) }),
  },
  'a batch is no transaction': {
    breaks: [batch],
    backend: (sql) => ({
      async batch(statements) {
        const changes = [];
        for (const statement of statements) changes.push(await sql.execute(statement));
        return changes;
      },
    }),
  },
};
