import { testMutants } from '../../../test/suites.ts';
import { memory } from './backends/memory.ts';
import { messagingConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

testMutants(messagingConformance, makeMutant(memory, 'healthy', { breaks: [] }), makeMutants(memory));
