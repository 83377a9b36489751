"""Several machines with one process each: MultiWorkerMirroredStrategy and Keras 3's `fit`.

Keras 3 can't `fit` under this strategy (https://github.com/keras-team/keras/issues/20585), for two reasons that
`Workers.prepare` works around with public API:

- A model created in the strategy's scope is built from an eager batch, which several workers can't reduce. So the
  variables are created inside the scope, and the model object that `fit` is called on outside it.
- The workers' logs are averaged over their first axis, but are scalars. So steps return logs of shape (1,).
"""

import contextlib
import os
from collections.abc import Iterator

import keras
import tensorflow as tf

from cutmix_tf._checks import look_up
from cutmix_tf.distribution._protocol import Devices
from cutmix_tf.models import TappedModel

PORT = 8888
"""The port of workers that Slurm or Kubernetes started."""


class Workers(Devices):
    """This process as one of several workers that train one model together.

    Args:
      cluster: "" if TF_CONFIG describes the cluster, "slurm", or "kubernetes:LABEL=VALUE".

    Raises:
      ValueError: if the description of the cluster is missing.
      RuntimeError: if TensorFlow has already been initialized, or the other workers can't be reached.
    """

    several_processes = True

    def __init__(self, cluster: str):
        resolver = _resolver(cluster)
        try:
            self._strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver)
        except (RuntimeError, tf.errors.OpError) as error:
            raise RuntimeError(f"This worker can't join the others: {error}. Start all workers together.") from error
        super().__init__(self._strategy.scope, self._strategy.num_replicas_in_sync)
        self.is_chief = is_first(resolver)
        self._gathered = tf.function(self._gather, input_signature=[tf.TensorSpec([1], tf.int64)])

    def prepare(self, model: keras.Model) -> keras.Model:
        """The model as `fit` can train it on several workers. Call it outside the scope."""
        if not isinstance(model, TappedModel):
            if not getattr(model, "inputs", None):
                raise ValueError(
                    f"Several workers need a functional model, such as models.build returns; got {model!r}."
                )
            model = keras.Model(model.inputs, model.outputs, name=model.name)
        model.train_step, model.test_step = _with_axis(model.train_step), _with_axis(model.test_step)
        return model

    def maximum(self, value: int) -> int:
        """The largest of the values that all workers call this with; they wait for each other."""
        return int(tf.reduce_max(self._gathered([value])))

    def _gather(self, value: tf.Tensor) -> tf.Tensor:
        return self._strategy.gather(self._strategy.run(tf.identity, [value]), axis=0)


def is_first(resolver: tf.distribute.cluster_resolver.ClusterResolver) -> bool:
    """Whether this worker keeps what it writes: the chief if the cluster has one, else worker 0."""
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def _with_axis(step):
    """The step with logs that have an axis for Keras to average over."""

    @tf.autograph.experimental.do_not_convert
    def step_with_axis(batch):
        return {name: value[None] for name, value in step(batch).items()}

    return step_with_axis


def _resolver(cluster: str) -> tf.distribute.cluster_resolver.ClusterResolver:
    """Where the addresses of the workers come from."""
    kind, _, label = cluster.partition(":")
    if not cluster:
        if not os.environ.get("TF_CONFIG"):
            raise ValueError(
                "strategy multiworker needs the environment variable TF_CONFIG; it is not set. See docs/distributed.md."
            )
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    return look_up(kind, {"slurm": _slurm, "kubernetes": _kubernetes}, "cluster")(label)


def _slurm(label: str) -> tf.distribute.cluster_resolver.ClusterResolver:
    if "SLURM_PROCID" not in os.environ:
        raise ValueError("multiworker:slurm needs the variables that Slurm sets for each task. Start it with srun.")
    # Slurm itself shows each task its GPUs (--gpus-per-task); these counts only keep the resolver from failing.
    return tf.distribute.cluster_resolver.SlurmClusterResolver(
        port_base=PORT, gpus_per_node=1024, gpus_per_task=1, auto_set_gpu=False
    )


def _kubernetes(label: str, client=None) -> tf.distribute.cluster_resolver.ClusterResolver:
    """All pods of a label, one per node; HOST_IP says which of them this is."""
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
        raise ValueError(
            f"Each node needs exactly one pod with label {label}; this one is {own}, all are {', '.join(workers)}."
        )
    resolver.task_type, resolver.task_id = "worker", workers.index(own)
    return resolver


def _kubernetes_client():
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise ValueError("multiworker:kubernetes needs the kubernetes package. Run pip install kubernetes.") from error
    config.load_incluster_config()
    return client.CoreV1Api()


@contextlib.contextmanager
def lost_workers_reported() -> Iterator[None]:
    """Turns the errors of a collective operation that lost a worker into one clear error.

    Raises:
      ConnectionError: if another worker has ended.
    """
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as error:
        raise ConnectionError(
            "Another worker has ended, so this one can't continue. The last checkpoint is intact: restart all workers "
            "with the same command."
        ) from error
