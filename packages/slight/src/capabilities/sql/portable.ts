import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError } from '../core/error.ts';
import { openInTime } from '../core/in-time.ts';
import { portableTools, type PortableOptions } from '../core/portable.ts';
import type { Effect } from '../core/resilience.ts';
import type { Sql, SqlFeature, SqlPrepared, SqlRows, SqlStatement, SqlTransaction } from './contract.ts';
import { checkParameters, checkStatement, checkText, mostStatements } from './validate.ts';
import { onlyReads } from './statement.ts';

const nothing = (): void => undefined;

/** `onDone` of what is answered, now or later. */
function then<T, U>(answer: MaybePromise<T>, onDone: (value: T) => U): MaybePromise<U> {
  return answer instanceof Promise ? answer.then(onDone) : onDone(answer);
}

/** What every SQL database needs alike, round one of them: checks, deadlines, and the life of transactions. */
export function portableSql(backend: Sql, options: PortableOptions<SqlFeature>): Sql {
  const { run, opened } = portableTools(backend, options);

  /** A statement that may write is never repeated: whether it happened is not always known. */
  const effectOf = (text: string): Effect => (onlyReads(text) ? 'reads' : 'writes-once');
  /** Nor is what its caller takes for a write, which may have been one that only reads. */
  const onceOf = (...texts: readonly string[]): Effect =>
    texts.every((text) => onlyReads(text)) ? 'tries-once' : 'writes-once';

  function portableRows(rows: SqlRows, effect: Effect): SqlRows {
    let over = false;
    return {
      columns: rows.columns,
      next: () =>
        over
          ? []
          : then(
              run('rows', effect, nothing, () => rows.next()),
              (page) => {
                over = page.length === 0;
                return page;
              },
            ),
      close() {
        if (over) return undefined;
        over = true;
        return rows.close();
      },
    };
  }

  function portablePrepared(text: string, prepared: SqlPrepared): SqlPrepared {
    let closed = false;
    const check = (parameters: SqlStatement['parameters']): void => {
      if (closed) throw new CapabilityError('cancelled', 'the statement is closed. Prepare it again');
      checkParameters(text, parameters);
    };
    return {
      query: (parameters) =>
        then(
          openInTime<SqlRows>(
            (open) => run('query', effectOf(text), () => check(parameters), open),
            () => prepared.query(parameters),
            (rows) => rows.close(),
          ),
          (rows) => portableRows(rows, onceOf(text)),
        ),
      execute: (parameters) =>
        run(
          'execute',
          onceOf(text),
          () => check(parameters),
          () => prepared.execute(parameters),
        ),
      close() {
        closed = true;
        return prepared.close();
      },
    };
  }

  function portableTransaction(transaction: SqlTransaction, readOnly: boolean): SqlTransaction {
    let state: 'open' | 'failed' | 'over' = 'open';

    function requireOpen(): void {
      if (state === 'over')
        throw new CapabilityError('precondition-failed', 'the transaction is over. Begin another');
      if (state === 'failed') {
        throw new CapabilityError(
          'aborted',
          'a statement of this transaction failed, so none of it stays. Begin another',
        );
      }
    }

    /** Whatever fails in a transaction fails the whole, whichever database keeps it: nothing stays but of a commit. */
    function step<T>(
      operation: string,
      check: () => void,
      call: () => MaybePromise<T>,
      effect: Effect = 'tries-once',
    ): MaybePromise<T> {
      requireOpenAs(operation);
      const fail = (error: unknown): never => {
        if (state === 'open') state = 'failed';
        throw error;
      };
      try {
        const answer = run(operation, effect, check, call);
        return answer instanceof Promise ? answer.catch(fail) : answer;
      } catch (error) {
        return fail(error);
      }
    }

    function requireOpenAs(operation: string): void {
      void run(operation, 'writes-once', requireOpen, nothing);
    }

    return {
      query: (statement) =>
        then(
          step(
            'query',
            () => checkStatement(statement),
            () => transaction.query(statement),
          ),
          (rows) => {
            const portable = portableRows(rows, 'tries-once');
            return { ...portable, next: () => step('rows', nothing, () => portable.next()) };
          },
        ),
      execute: (statement) =>
        step(
          'execute',
          () => checkStatement(statement),
          () => transaction.execute(statement),
        ),
      commit() {
        if (state === 'failed') {
          const undone = transaction.rollback();
          if (undone instanceof Promise) return undone.then(() => requireOpenAs('commit'));
        }
        return then(
          step('commit', nothing, () => transaction.commit(), readOnly ? 'tries-once' : 'writes-once'),
          () => void (state = 'over'),
        );
      },
      rollback() {
        if (state === 'over') return undefined;
        state = 'over';
        // Also where the database was closed meanwhile: then nothing is left to undo.
        return transaction.rollback();
      },
    };
  }

  return {
    query: (statement) =>
      then(
        openInTime<SqlRows>(
          (open) => run('query', effectOf(statement.text), () => checkStatement(statement), open),
          () => backend.query(statement),
          (rows) => rows.close(),
        ),
        (rows) => portableRows(rows, onceOf(statement.text)),
      ),
    execute: (statement) =>
      run(
        'execute',
        onceOf(statement.text),
        () => checkStatement(statement),
        () => backend.execute(statement),
      ),
    batch: (statements) =>
      run(
        'batch',
        onceOf(...statements.map(({ text }) => text)),
        () => {
          if (statements.length > mostStatements) {
            throw new CapabilityError(
              'invalid-argument',
              `${statements.length} statements. A batch has up to ${mostStatements}`,
            );
          }
          statements.forEach(checkStatement);
        },
        () => (statements.length === 0 ? [] : backend.batch(statements)),
      ),
    prepare: (text) =>
      then(
        run(
          'prepare',
          'reads',
          () => checkText(text),
          () => backend.prepare(text),
        ),
        (prepared) => portablePrepared(text, prepared),
      ),
    begin: (how = {}) =>
      then(
        openInTime<SqlTransaction>(
          (open) => run('begin', 'reads', nothing, open),
          () => backend.begin(how),
          (transaction) => transaction.rollback(),
        ),
        (transaction) => portableTransaction(transaction, how.readOnly ?? false),
      ),
    ...opened,
  };
}
