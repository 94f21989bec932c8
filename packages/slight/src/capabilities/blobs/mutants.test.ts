import { testMutants } from '../../../test/suites.ts';
import { memory } from './backends/memory.ts';
import { blobsConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

testMutants(blobsConformance, makeMutant(memory, 'healthy', { breaks: [] }), makeMutants(memory));
