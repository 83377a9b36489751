"""Several machines, one process on each: MultiWorkerMirroredStrategy with Keras 3's `fit`.

Keras 3 can't `fit` under this strategy (https://github.com/keras-team/keras/issues/20585), for two reasons that
`Workers.ready` goes around by public means:

- A model that is made in the strategy's scope is built from an eager batch, which several workers can't reduce. So the
  network's variables are made inside, and the model object that `fit` is called on outside.
- Logs of the workers are averaged over their first axis, and have none. So steps give logs of shape (1,).
"""

import contextlib
import os
from collections.abc import Iterator

import keras
import tensorflow as tf

from cutmix_tf._checks import look_up
from cutmix_tf.models import TappedModel

PORT = 8888
"""Where workers listen that Slurm or Kubernetes started."""


class Workers:
    """This process as one of several that train one model; the same attributes and methods as `Devices`.

    Args:
      cluster: "" where TF_CONFIG tells who there is, "slurm", or "kubernetes:LABEL=VALUE".

    Raises:
      ValueError: if the cluster is not told.
      RuntimeError: if TensorFlow has begun to work, or the others can't be reached.
    """

    static_shapes = False

    def __init__(self, cluster: str):
        resolver = _resolver(cluster)
        try:
            self._strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
        except (RuntimeError, tf.errors.OpError) as error:
            raise RuntimeError(f"This worker can't join the others: {error}. Start all workers together.") from error
        self.scope, self.replicas = self._strategy.scope, self._strategy.num_replicas_in_sync
        self.is_chief = is_first(resolver)
        self._gathered = tf.function(self._gather, input_signature=[tf.TensorSpec([1], tf.int64)])

    def ready(self, model: keras.Model) -> keras.Model:
        """The model as `fit` can train it on several workers: call it outside of the scope."""
        if not isinstance(model, TappedModel):
            if not getattr(model, "inputs", None):
                raise ValueError(f"Several workers need a functional model, as models.build makes; got {model!r}.")
            model = keras.Model(model.inputs, model.outputs, name=model.name)
        model.train_step, model.test_step = _with_axis(model.train_step), _with_axis(model.test_step)
        return model

    def highest(self, value: int) -> int:
        """The highest of the values that all workers call this with; they wait for each other."""
        return int(tf.reduce_max(self._gathered([value])))

    def _gather(self, value: tf.Tensor) -> tf.Tensor:
        return self._strategy.gather(self._strategy.run(tf.identity, [value]), axis=0)


def is_first(resolver: tf.distribute.cluster_resolver.ClusterResolver) -> bool:
    """Whether this worker keeps what it writes: the chief where the cluster has one, else worker 0."""
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def _with_axis(step):
    """The step, whose logs have an axis for Keras to average over."""

    @tf.autograph.experimental.do_not_convert
    def step_with_axis(batch):
        return {name: value[None] for name, value in step(batch).items()}

    return step_with_axis


def _resolver(cluster: str) -> tf.distribute.cluster_resolver.ClusterResolver:
    """What tells who the workers are."""
    kind, _, label = cluster.partition(":")
    if not cluster:
        if not os.environ.get("TF_CONFIG"):
            raise ValueError("strategy multiworker needs TF_CONFIG; it is not set. docs/distributed.md shows how.")
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    return look_up(kind, {"slurm": _slurm, "kubernetes": _kubernetes}, "cluster")(label)


def _slurm(label: str) -> tf.distribute.cluster_resolver.ClusterResolver:
    if "SLURM_PROCID" not in os.environ:
        raise ValueError("multiworker:slurm needs the variables that Slurm sets for each task; start it with srun.")
    # Slurm itself shows each task its GPUs (--gpus-per-task). The resolver counts them too, if only to set nothing.
    return tf.distribute.cluster_resolver.SlurmClusterResolver(
        port_base=PORT, gpus_per_node=1024, gpus_per_task=1, auto_set_gpu=False
    )


def _kubernetes(label: str, client=None) -> tf.distribute.cluster_resolver.ClusterResolver:
    """All pods of a label, one a node; which of them this is, HOST_IP tells."""
    if not label or "HOST_IP" not in os.environ:
        raise ValueError(
            "multiworker:kubernetes:LABEL=VALUE needs the label of the workers' pods, such as job-name=cutmix, and "
            "HOST_IP in the environment of each (fieldRef: status.hostIP)."
        )
    resolver = tf.distribute.cluster_resolver.KubernetesClusterResolver(
        {"worker": [label]}, tf_server_port=PORT, override_client=client or _kubernetes_client()
    )
    workers, own = resolver.cluster_spec().job_tasks("worker"), f"{os.environ['HOST_IP']}:{PORT}"
    if workers.count(own) != 1:
        raise ValueError(f"One pod of {label} is needed on each node; this one is {own}, all are {', '.join(workers)}.")
    resolver.task_type, resolver.task_id = "worker", workers.index(own)
    return resolver


def _kubernetes_client():
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise ValueError("multiworker:kubernetes needs the kubernetes package; pip install kubernetes.") from error
    config.load_incluster_config()
    return client.CoreV1Api()


@contextlib.contextmanager
def told_when_others_end() -> Iterator[None]:
    """Turns the errors of a collective operation that lost a worker into one message.

    Raises:
      ConnectionError: if another worker has ended.
    """
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as error:
        raise ConnectionError(
            "Another worker has ended, so this one can't go on. The last checkpoint is whole: start all workers again "
            "with the same command."
        ) from error
