//! What every source of mails does alike: the questions of the mail worker are read one by one and answered together.

use futures::future::join_all;
use muster_proto::notification::v1::{
    BatchGetMailsRequest, BatchGetMailsResponse, GetMailRequest, GetMailResponse, MailAnswer,
};
use muster_refusal::Violations;

use super::{Call, Parsed};

/// The question of a call, as `read` reads it. It is given what stands before the names of the fields where something is wrong.
///
/// # Errors
/// Never: what is wrong is a violation more.
pub fn question<Q>(
    call: &Call<GetMailRequest>,
    violations: &mut Violations,
    read: impl FnOnce(&GetMailRequest, &str, &mut Violations) -> Option<Q>,
) -> Parsed<Q> {
    Ok(read(&call.message, "", violations))
}

/// The questions of a call, each as `read` reads it: see [`question`].
///
/// # Errors
/// Never: what is wrong is a violation more, of each that cannot be read.
pub fn questions<Q>(
    call: &Call<BatchGetMailsRequest>,
    violations: &mut Violations,
    read: impl Fn(&GetMailRequest, &str, &mut Violations) -> Option<Q>,
) -> Parsed<Vec<Q>> {
    let each = call.message.requests.iter().enumerate();
    let all: Vec<_> = each
        .map(|(place, question)| read(question, &format!("requests[{place}]."), violations))
        .collect();
    Ok(all.into_iter().collect())
}

/// Answers them at the same time, in their order: what is looked for of all of them may be looked for together. One that fails has no
/// answer; asked alone, its failure is its own.
pub async fn answers<Q, E, F>(questions: Vec<Q>, mail: impl Fn(Q) -> F) -> BatchGetMailsResponse
where
    F: Future<Output = Result<GetMailResponse, E>>,
{
    let mails = join_all(questions.into_iter().map(mail)).await;
    let answer = |mail: Result<_, E>| MailAnswer { mail: mail.ok() };
    BatchGetMailsResponse {
        answers: mails.into_iter().map(answer).collect(),
    }
}
