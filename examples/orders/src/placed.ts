/** What happens after an order was placed: an event goes out, and whoever has time writes the invoice and the report. */
import { openMessages } from '@spiderlightning/guest';
import type { MessageHandler } from '@spiderlightning/guest';
import { keepInvoice } from './invoice.ts';
import type { Order } from './order.ts';
import { reportOrder } from './report.ts';

const events = openMessages('events');

/**
 * Tells everyone who is subscribed. The id makes it safe for the host to publish again where it heard no answer; the key
 * keeps what is about one customer in its order.
 */
export async function tellPlaced(order: Order): Promise<void> {
  await events.publishJson('orders.placed', order, { id: order.id, key: order.customer });
}

/**
 * Called by the host for each event. What throws comes again, and an event may come twice in any case: so both of these
 * may be done twice, and leave the same behind.
 */
export const onMessage: MessageHandler = async (message) => {
  const order = message.json<Order>();
  await keepInvoice(order);
  await reportOrder(order);
};
