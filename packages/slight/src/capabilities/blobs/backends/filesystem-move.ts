import { lstatSync } from 'node:fs';
import { pathsOfKey } from '../../../clients/filesystem/entries.ts';
import { noObject } from '../validate.ts';
import type { ObjectId } from '../contract.ts';
import { findObject, placeObject, removeObjects } from './filesystem-objects.ts';
import { useContainer, type Place } from './filesystem-place.ts';

/** Gives the file of an object another name: nothing is copied, and at no moment are there two. Only under the lock. */
export function moveObject(
  place: Place,
  source: ObjectId,
  target: ObjectId,
  version: string,
  temporary: string,
): Promise<void> {
  return useContainer(place, source.container, (from) =>
    useContainer(place, target.container, async (to) => {
      const path = pathsOfKey(from, source.name)[0];
      const info = findObject(from, source.name);
      if (path === undefined || info === undefined) throw noObject(source);
      const stats = lstatSync(path, { bigint: true });
      await placeObject(to, target.name, { path, stats, version, contentType: info.contentType }, temporary);
      await removeObjects(from, [source.name]);
    }),
  );
}
