import { router } from '@spiderlightning/guest';
import { serveKeyValue } from './keyvalue.ts';
import { serveLocks } from './locks.ts';
import { servePubSub } from './pubsub.ts';
import { serveQueue } from './queue.ts';

export { onChange } from './keyvalue.ts';
export { onMessage } from './queue.ts';

const app = router();
serveKeyValue(app);
serveQueue(app);
servePubSub(app);
serveLocks(app);

export default app;
