/** Keys of cost-allocation tags; the operator activates them once in AWS's billing console. */
export const STACK_TAG = "baton:stack";
/** On task definitions, which hand it to their tasks. */
export const TARGET_TAG = "baton:target";
