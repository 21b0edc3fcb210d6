//! One connection's worth of consuming: takes deliveries, hands them to the dispatcher, and looks how many wait.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::Consumer;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use tokio_util::sync::CancellationToken;

use super::dispatcher::{BROKER_LIMIT, Dispatcher};
use super::work::Worker;
use crate::broker::{BrokerError, Session, in_time};
use crate::{Broker, QueueSpec, measures};

/// As many as one transaction may take.
const PREFETCH: u16 = 100;
const MEASURE_EVERY: Duration = Duration::from_secs(15);

/// Consumes until the connection breaks or it is time to stop.
pub(super) async fn serve(
    worker: &Arc<Worker>,
    session: &Session,
    broker: &Broker,
    shutdown: &CancellationToken,
) -> Result<(), BrokerError> {
    let mut consumer = consume(session, &broker.name(worker.queue().name)).await?;
    let mut dispatcher = Dispatcher::new(worker, shutdown);
    let mut measuring = tokio::time::interval(MEASURE_EVERY);
    let ended = loop {
        let step = tokio::select! {
            () = shutdown.cancelled() => break Ok(()),
            delivery = consumer.next() => match delivery {
                Some(Ok(delivery)) => dispatcher.take(&delivery).await,
                // Any error is the end of this consumer, whatever the driver says about recovery.
                Some(Err(source)) => Err(BrokerError::Failed { doing: "consuming", source }),
                None => Err(BrokerError::Ended),
            },
            finished = dispatcher.next_finished() => finished,
            _ = measuring.tick() => {
                // A broker that does not answer must not hold up the end.
                shutdown.run_until_cancelled(measure(session, broker, worker.queue())).await;
                Ok(())
            }
        };
        if let Err(error) = step {
            break Err(error);
        }
    };
    if ended.is_ok() {
        let cancel = session
            .channel
            .basic_cancel(consumer.tag(), BasicCancelOptions::default());
        drop(in_time(BROKER_LIMIT, "cancelling the consumer", cancel).await);
    }
    dispatcher.close().await;
    ended
}

async fn consume(session: &Session, queue: &str) -> Result<Consumer, BrokerError> {
    let qos = session.channel.basic_qos(PREFETCH, BasicQosOptions::default());
    in_time(BROKER_LIMIT, "setting the prefetch", qos).await?;
    let consuming = session.channel.basic_consume(
        queue.into(),
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    in_time(BROKER_LIMIT, "starting the consumer", consuming).await
}

/// Asks how much waits, on a channel of its own: a refusal closes the channel.
async fn measure(session: &Session, broker: &Broker, queue: &QueueSpec) {
    let counted = async {
        let opening = session.connection.create_channel();
        let channel = in_time(BROKER_LIMIT, "opening a channel", opening).await?;
        let passive = QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let mut counts = [0; 2];
        for (count, name) in counts.iter_mut().zip([queue.name, queue.parked]) {
            let asking = channel.queue_declare(broker.name(name).into(), passive, FieldTable::default());
            *count = in_time(BROKER_LIMIT, "counting messages", asking)
                .await?
                .message_count();
        }
        let closing = channel.close(200, "counted".into());
        in_time(BROKER_LIMIT, "closing a channel", closing).await?;
        Ok::<_, BrokerError>(counts)
    };
    match counted.await {
        Ok([ready, parked]) => measures::depth(queue, ready, parked),
        Err(error) => tracing::debug!(
            error = &error as &dyn std::error::Error,
            "counting messages failed"
        ),
    }
}
