import { describeGoldens } from './describe-goldens.js';

describeGoldens(['tiny-sd3-onnx', 'tiny-sd3-no-t5-onnx', 'tiny-flux-dev-onnx', 'tiny-flux-schnell-onnx']);
