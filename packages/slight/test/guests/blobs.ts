import { bodyOf, CapabilityError, json, openBlobs, router, status, stream } from '@spiderlightning/guest';
import type { BlobContainer } from '@spiderlightning/guest';

// An app that keeps files: /PLACE/CONTAINER/NAME takes, gives and deletes them, as streams.

const places: { readonly [name: string]: ReturnType<typeof openBlobs> } = {
  files: openBlobs('files'),
  cache: openBlobs('cache'),
  other: openBlobs('other'),
};
const refused = (error: unknown) => (error instanceof CapabilityError ? error.code : String(error));
const find = ({ place, container }: { place: string; container: string }): BlobContainer =>
  places[place]!.container(container);

export default router()
  .put('/:place/:container', async (req) => {
    await places[req.params.place]!.createContainer(req.params.container);
    return status(201);
  })
  .get('/:place/:container', async (req) => {
    const listed = await Array.fromAsync(find(req.params).list({ limit: 2 }));
    return json(listed.map(({ name, size }) => [name, size]));
  })
  .put('/:place/:container/:name', async (req) => {
    const contentType = req.headers.get('content-type');
    const ifVersion = req.headers.get('if-match') ?? undefined;
    const onlyIfAbsent = req.headers.get('if-none-match') === '*';
    const options = { contentType, ifVersion, onlyIfAbsent };
    try {
      return json({ version: await find(req.params).put(req.params.name, bodyOf(req), options) });
    } catch (error) {
      return json({ refused: refused(error) }, { status: 409 });
    }
  })
  .get('/:place/:container/:name', async (req) => {
    const reader = await find(req.params).read(req.params.name);
    return reader === undefined
      ? status(404)
      : stream(reader, { type: reader.info.contentType ?? 'application/octet-stream' });
  })
  .delete('/:place/:container/:name', async (req) => {
    await find(req.params).delete(req.params.name);
    return status(204);
  })
  .post('/denied', async () => json(await places['other']!.hasContainer('c').catch(refused)))
  // A request that ends with an object half written, and one half read.
  .post('/leave', async () => {
    const box = await places['files']!.ensureContainer('left');
    await box.put('whole', 'whole');
    const writer = await box.write('half');
    await writer.write('half');
    await (await box.read('whole'))!.read(1);
    return json(await box.has('half'));
  })
  .post('/many', async () => {
    const box = await places['files']!.ensureContainer('many');
    // What nobody holds is let go of.
    const writers: unknown[] = [];
    for (;;) {
      try {
        writers.push(await box.write(`o${writers.length}`));
      } catch (error) {
        return json({ open: writers.length, refused: refused(error) });
      }
    }
  })
  .post('/trap', async () => {
    const box = await places['files']!.ensureContainer('left');
    await (await box.write('trapped')).write('half');
    throw new Error('on purpose');
  });
